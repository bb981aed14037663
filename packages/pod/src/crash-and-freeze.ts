/** The two kills that a pod carries out itself, at its visitor's request. Neither sends a close frame first. */

/** The exit code of a crash. 0 would complete the Job; 78 and 143 have meanings of their own in main.ts. */
export const CRASH_EXIT_CODE = 1

/**
 * Ends the process at once. The kernel closes the socket without a close frame, so a browser reports 1006.
 * It exits because SIGKILL and SIGABRT sent to itself are ignored: in a container this process is PID 1.
 */
export function crash(): never {
  process.exit(CRASH_EXIT_CODE)
}

/** Blocks the event loop until SIGKILL. The SIGTERM handler cannot run either, as in a real hang. */
export function freeze(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
}
