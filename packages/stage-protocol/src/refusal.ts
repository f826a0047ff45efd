import { RemoteError } from "./remote-error.ts";
import { isTokenErrorCode, TokenError } from "./token-error.ts";

/** What a status of 400 or more of a stage says, as an error: a TokenError for 401, a RemoteError otherwise. */
export function refusal(status: number, body: string): RemoteError | TokenError {
  const error = new RemoteError(status, body);
  if (status !== 401) return error;
  return new TokenError(isTokenErrorCode(error.code) ? error.code : "refused", { cause: error });
}

/** Refusals that the next attempt may not meet: nobody publishes there yet, another session ends first, too many at once. */
const passing = new Set([404, 408, 409, 425, 429]);

/** Whether another attempt is in vain after a refusal. */
export function isFinalRefusal({ status }: RemoteError): boolean {
  return status >= 400 && status < 500 && !passing.has(status);
}
