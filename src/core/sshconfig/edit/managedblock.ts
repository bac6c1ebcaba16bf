import type { Bytes } from '../bytes.js';
import type { Lines } from '../syntax/lines.js';

/** Lines that another program wrote and will write again: from, and up to but not including, numbers from 0. */
export interface ManagedRegion {
  readonly by: string;
  readonly from: number;
  readonly to: number;
  /** Its end is marked. */
  readonly closed: boolean;
}

interface Marker {
  readonly by: string;
  /** Of a whole line, white space around it gone. */
  readonly start: RegExp;
  readonly end: RegExp;
}

/**
 * How programs mark what is theirs, as far as they mark its end: the plug-ins of Coder for VS Code (src/remote/sshConfig.ts)
 * and JetBrains, `coder config-ssh`, DevPod, Ansible's blockinfile, `gcloud compute config-ssh`, and those that write
 * `# >>> name >>>`.
 */
const markers: readonly Marker[] = [
  { by: 'Coder', start: /^# --- START CODER\b/, end: /^# --- END CODER\b/ },
  { by: 'Coder', start: /^# -+START-CODER-+$/, end: /^# -+END-CODER-+$/ },
  { by: 'DevPod', start: /^# DevPod Start\b/, end: /^# DevPod End\b/ },
  { by: 'Ansible', start: /^# BEGIN ANSIBLE MANAGED BLOCK\b/, end: /^# END ANSIBLE MANAGED BLOCK\b/ },
  {
    by: 'gcloud',
    start: /^# Google Compute Engine Section$/,
    end: /^# End of Google Compute Engine Section$/,
  },
  { by: 'another program', start: /^# >>> .* >>>$/, end: /^# <<< .* <<<$/ },
];

const anyMarker =
  /--- START CODER|-START-CODER-|DevPod Start|ANSIBLE MANAGED BLOCK|Google Compute Engine Section|# >>> /;

/** Markers without an end reach to the end of the file: it is not known where the other program's lines end. */
export function managedRegions(text: Bytes, lines: Lines): readonly ManagedRegion[] {
  if (!anyMarker.test(text)) return [];
  const regions: ManagedRegion[] = [];
  let open: { readonly marker: Marker; readonly from: number } | null = null;
  for (let at = 0; at < lines.count; at += 1) {
    if (!lines.mayBegin(at, '#')) continue;
    const { start, end } = lines.at(at);
    const line = text.slice(start, end).trim();
    if (open === null) {
      const marker = markers.find((each) => each.start.test(line));
      if (marker) open = { marker, from: at };
    } else if (open.marker.end.test(line)) {
      regions.push({ by: open.marker.by, from: open.from, to: at + 1, closed: true });
      open = null;
    }
  }
  if (open !== null) regions.push({ by: open.marker.by, from: open.from, to: lines.count, closed: false });
  return regions;
}
