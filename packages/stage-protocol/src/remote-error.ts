/** The stage answered with an error; status and body are the stage's own. */
export class RemoteError extends Error {
  override readonly name = "RemoteError";
  /** HTTP status. */
  readonly status: number;
  /** The stage's code for the error (`error_code` of a JSON body), where it gives one. */
  readonly code: string | undefined;
  /** Text of the body, cut at 2000 characters. */
  readonly body: string;

  constructor(status: number, body: string, message?: string) {
    const { code, text } = parse(body);
    super(message ?? `the stage answered ${status}${text ? `: ${text}` : ""}`);
    this.status = status;
    this.code = code;
    this.body = body.slice(0, 2000);
  }
}

function parse(body: string): { code: string | undefined; text: string } {
  try {
    const { error_code: code, error_message: message } = JSON.parse(body) as Record<string, unknown>;
    return {
      code: typeof code === "string" ? code : undefined,
      text: typeof message === "string" ? message : "",
    };
  } catch {
    return { code: undefined, text: /^\s*</.test(body) ? "" : body.slice(0, 200) };
  }
}
