/** The names of hosts in a configuration, quickly: nothing is resolved, and nothing is refused. */

import { textOf } from '../core/sshconfig/bytes.js';
import { headerPatterns } from '../core/sshconfig/explain/hosts.js';
import { unnamedHost } from '../core/sshconfig/resolve/resolveinput.js';
import { indexOfFile } from '../core/sshconfig/syntax/statements.js';
import { userEnvironment } from '../io/machine.js';
import { FactCache, type HostQuery, resolveInputOf } from '../read/clientconfig.js';

/**
 * Every concrete name of a Host line, and of `host` and `originalhost` in a Match line, in the user's file, the system's and
 * all that they include, each once. What cannot be read or makes no sense names no host. No command is run.
 */
export async function hostNames(configFile: string | null = null): Promise<readonly string[]> {
  const here = userEnvironment();
  const query: HostQuery = { host: unnamedHost, configFile };
  const input = resolveInputOf(query, here);
  const answers = new FactCache();
  await answers.gather(input, { query, surroundings: here });
  const names = new Set<string>();
  for (const file of answers.files.values()) {
    if (file.type !== 'file') continue;
    const lines = indexOfFile(file);
    for (let index = 0; index < lines.count; index += 1) {
      if (!lines.mayBegin(index, 'h') && !lines.mayBegin(index, 'm')) continue;
      const option = lines.optionAt(index);
      if (option === null) continue;
      for (const pattern of headerPatterns(file.text, option)) {
        if (!/[*?!]/.test(pattern)) names.add(textOf(pattern));
      }
    }
  }
  return [...names];
}
