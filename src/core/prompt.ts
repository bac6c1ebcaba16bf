/** A question to a person. The answer is a line of text, or null when there is no answer. */
export type Prompt =
  | {
      readonly type: 'host-key';
      /** The name under which the key would be remembered. */
      readonly name: string;
      /** "ED25519", "RSA" ... */
      readonly keyType: string;
      /** "SHA256:..." as ssh-keygen -l prints it. */
      readonly fingerprint: string;
      readonly text: string;
    }
  | { readonly type: 'passphrase'; readonly path: string; readonly text: string }
  | { readonly type: 'password'; readonly user: string; readonly host: string; readonly text: string }
  | {
      readonly type: 'prompt';
      /** keyboard-interactive: what the server asks, cleaned of control characters. */
      readonly text: string;
      /** The server allows the answer to be shown while typed. */
      readonly echo: boolean;
    };

/**
 * Handed in with the request. `text` of a question ends with what a terminal shows before the answer.
 * For `host-key`: 'yes', 'no', or the fingerprint itself, as in ssh. null = no answer.
 * `signal` is aborted when the login that needs the answer has ended.
 */
export type Ask = (question: Prompt, signal: AbortSignal) => Promise<string | null>;
