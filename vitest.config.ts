import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    // Tests wait for events, not for time: only one that hangs may be ended, on a busy machine, too.
    testTimeout: 60_000,
    coverage: {
      provider: 'v8',
      include: ['src/{codec,protocol,validation,channel}/**'],
      reporter: ['text-summary', 'json'],
      thresholds: { branches: 95 },
    },
  },
});
