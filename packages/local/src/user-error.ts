/**
 * An error that the user can fix. Its message says what happened and what to do about it. `npm start` prints the message
 * without a stack trace and exits with code 1.
 */
export class UserError extends Error {
  override name = 'UserError'
}
