/** How a pod dies when its visitor asks it to. Both end this process for good; neither says goodbye. */

/** What a crash exits with: not 0, which would complete the Job, and no code of ours (78, 143). */
export const CRASH_EXIT_CODE = 1

/**
 * Ends the process at once: the kernel closes the socket without a close frame, so a browser sees 1006.
 * An exit, as SIGKILL and SIGABRT to oneself are ignored in a container, where this process is PID 1.
 */
export function crash(): never {
  process.exit(CRASH_EXIT_CODE)
}

/** Blocks the event loop for ever, and with it the SIGTERM handler, as a real hang would. */
export function freeze(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
}
