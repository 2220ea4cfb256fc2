#!/usr/bin/env node
import { run } from './run.js';

// Without `process.exit`: what was written to a pipe is to arrive.
process.exitCode = await run(process.argv.slice(2));
