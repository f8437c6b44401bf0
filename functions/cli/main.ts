import { runProgram } from './program.ts';
import { EXIT } from './terminal/exit-code.ts';
import { processIo } from './terminal/process-io.ts';

const exitCode = await runProgram(process.argv.slice(2), processIo());
// What is under way after Ctrl-C, such as a request, would keep the process alive.
if (exitCode === EXIT.interrupted) process.exit(exitCode);
if (exitCode !== EXIT.ok) process.exitCode = exitCode;
