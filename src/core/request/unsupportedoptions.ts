import type { Failure } from '../failure.js';
import { textOf } from '../sshconfig/bytes.js';
import { fileOf } from '../sshconfig/explain/where.js';
import type { Effective } from '../sshconfig/resolve/resolvedconfig.js';
import type { HostOptions } from './hostoptions.js';

/**
 * One sentence that names every option which the user set, which forbids nothing, and which holdfast does not honour, each
 * with where it stands; null: there is none. What is set to ssh's own default asks for nothing that would not happen.
 */
export function unsupportedNote(settings: HostOptions): string | null {
  let lastFile: string | null = null;
  const names = settings
    .all()
    .filter(isUnsupported)
    .map(({ keyword, settings: [line] }) => {
      if (!line || line.place.source.kind === 'command line') return keyword.name;
      const file = fileOf(line.place.source);
      const where = file === lastFile ? `line ${line.place.line}` : `${file}:${line.place.line}`;
      lastFile = file;
      return `${keyword.name} (${where})`;
    });
  return names.length === 0 ? null : `set, but not honoured by holdfast: ${names.join(', ')}`;
}

function isUnsupported({ keyword, settings, lines }: Effective): boolean {
  const { run } = keyword;
  if (run.type !== 'meaningless' || !run.noted) return false;
  if (settings.length === 0 || lines.length === 0) return false;
  return lines.length > 1 || lines[0] !== keyword.usual;
}

/** One failure for each option by which the user forbids something that holdfast would not prevent. */
export function refusals(settings: HostOptions): readonly Failure[] {
  return settings.all().flatMap((option) => {
    const { run, name } = option.keyword;
    const [setting] = option.settings;
    if (run.type !== 'restricting' || setting === undefined) return [];
    const line = option.lines.map(textOf).find((each) => !run.harmless.test(each));
    if (line === undefined) return [];
    const said = `${line}: holdfast cannot hold to it, and would do what it forbids; ${run.instead}`;
    return [settings.failureOf({ keyword: name, place: setting.place }, said)];
  });
}
