/**
 * An error that the user can fix. Its message says what happened and what to do about it. `npm start` prints the message
 * without a stack trace and exits with code 1.
 */
export class UserError extends Error {
  override name = 'UserError'
}

/**
 * Runs a command, and sets the exit code that it returns. A {@link UserError} prints its message and sets 1. Other errors of the
 * command pass through.
 */
export async function runCommand(command: () => Promise<number | undefined>): Promise<void> {
  try {
    process.exitCode = await command()
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    console.error(error.message)
    process.exitCode = 1
  }
}
