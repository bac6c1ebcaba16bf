/** One step of a login, as data: what to send, or where to get it. Methods are those of RFC 4252 and RFC 4256. */
export type Attempt =
  | { readonly type: 'none' }
  /** `keyText`: a private key that needs no passphrase (any more), in OpenSSH's format or PEM. In memory only. */
  | { readonly type: 'publickey'; readonly name: string; readonly keyText: string }
  | {
      readonly type: 'publickey-agent';
      readonly name: string;
      readonly socket: string;
      readonly blob: Uint8Array;
    }
  /**
   * A key whose public half is known and whose private half needs a passphrase. `unlock` is called when the server has
   * said that it takes the key, as in ssh; it gives the key's text, or null when it stays locked.
   */
  | {
      readonly type: 'publickey-locked';
      readonly name: string;
      readonly blob: Uint8Array;
      unlock(): Promise<string | null>;
    }
  | {
      readonly type: 'keyboard-interactive';
      /** One answer for each prompt, in order; null when there is no answer: send none. */
      answer(
        name: string,
        instructions: string,
        prompts: readonly { readonly text: string; readonly echo: boolean }[],
      ): Promise<string[] | null>;
    }
  | { readonly type: 'password'; readonly password: string };
