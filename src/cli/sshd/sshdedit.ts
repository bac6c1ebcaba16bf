import { guardWord } from './sshdguard.js';

/** The commands of `holdfast sshd` that change something: argv after `sshd` -> the exit code. */
export async function sshdEdit([command, ...rest]: readonly string[]): Promise<number> {
  if (command === guardWord) return (await import('./sshdguard.js')).guard();
  const { sshdSet } = await import('./sshdset.js');
  return sshdSet(command === 'unset' || command === 'keepalive' ? command : 'set', rest);
}
