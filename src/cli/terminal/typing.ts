/** A line being typed on a terminal in raw mode. */
export interface Typing {
  readonly text: string;
  /** Inside an escape sequence (an arrow key, say): `esc` after ESC, `csi` after ESC [ or ESC O. */
  readonly escape: 'no' | 'esc' | 'csi';
}

export type Typed =
  | { readonly type: 'typing'; readonly typing: Typing }
  | { readonly type: 'entered'; readonly text: string }
  /** Ctrl-C, or Ctrl-D on an empty line. */
  | { readonly type: 'declined' };

export const nothing: Typing = { text: '', escape: 'no' };

/** One character more. Understands what a terminal driver understands: erase, erase word, kill line, end of file. */
export function typed(typing: Typing, character: string): Typed {
  if (typing.escape !== 'no') return { type: 'typing', typing: inEscape(typing, character) };
  switch (character) {
    case '\r':
    case '\n':
      return { type: 'entered', text: typing.text };
    case '\u0003':
      return { type: 'declined' };
    case '\u0004':
      return typing.text === '' ? { type: 'declined' } : { type: 'typing', typing };
    case '\u0008':
    case '\u007f':
      return become([...typing.text].slice(0, -1).join(''));
    case '\u0015':
      return become('');
    case '\u0017':
      return become(typing.text.replace(/\S*\s*$/u, ''));
    case '\u001b':
      return { type: 'typing', typing: { ...typing, escape: 'esc' } };
    default:
      return character < ' ' && character !== '\t'
        ? { type: 'typing', typing }
        : become(typing.text + character);
  }
}

function become(text: string): Typed {
  return { type: 'typing', typing: { text, escape: 'no' } };
}

/** Keys that send a sequence (ECMA-48: ESC [ parameters, then one of @ to ~) mean nothing here. */
function inEscape(typing: Typing, character: string): Typing {
  if (typing.escape === 'esc')
    return { ...typing, escape: character === '[' || character === 'O' ? 'csi' : 'no' };
  return { ...typing, escape: character >= '@' && character <= '~' ? 'no' : 'csi' };
}
