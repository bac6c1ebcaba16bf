// `holdfast sshd keepalive ...` with less time to say that a change stays: keeping.mjs MILLISECONDS [WORD...]
import { fileURLToPath } from 'node:url';
import { sshdSet } from '../../.cache/modules/cli/sshd/sshdset.js';

const [ms, ...words] = process.argv.slice(2);
// What it starts beside itself is the command.
process.argv[1] = fileURLToPath(new URL('../../bin/holdfast.js', import.meta.url));
process.exitCode = await sshdSet('keepalive', words, Number(ms));
