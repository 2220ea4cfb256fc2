import { benchFamily } from './bench/command.js';
import type { Command, CommandFamily } from './command.js';
import { doctorCommand } from './doctor/command.js';
import { pubCommand } from './pub/command.js';
import { rrCommand } from './rr/command.js';
import { subCommand } from './sub/command.js';

/** Every command. Only what describes them is loaded here; what they do, when it is asked for. */
export const COMMANDS: readonly (Command | CommandFamily)[] = [
  pubCommand,
  subCommand,
  rrCommand,
  benchFamily,
  doctorCommand,
];
