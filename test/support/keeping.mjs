// `holdfast sshd keepalive ...` with less time to confirm a change: keeping.mjs MILLISECONDS [WORD...]
import { fileURLToPath } from 'node:url';
import { printError } from '../../.cache/modules/cli/command/errors.js';
import { sshd } from '../../.cache/modules/cli/sshd/index.js';

const [ms, ...words] = process.argv.slice(2);
// What it starts beside itself is the command.
process.argv[1] = fileURLToPath(new URL('../../bin/holdfast.js', import.meta.url));
const argv = ['keepalive', ...words];
process.exitCode = await sshd(argv, Number(ms)).catch((thrown) => printError(thrown, ['sshd', ...argv]));
