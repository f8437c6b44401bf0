import { runProgram } from './program.ts';
import { processIo } from './terminal/process-io.ts';

const exitCode = await runProgram(process.argv.slice(2), processIo());
if (exitCode !== 0) process.exitCode = exitCode;
