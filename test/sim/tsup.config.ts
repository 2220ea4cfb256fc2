import { defineConfig } from 'tsup';
import { simulatorBundle } from './bundle.js';

export default defineConfig(simulatorBundle('test/sim/dist', null));
