/**
 * Work that the first pong does not need waits for this, because it would compete with the first socket for the processor.
 * Undefined when the script in index.html has claimed no pod.
 */
export const socketFirst = (globalThis as Partial<Pick<Window, 'headStart'>>).headStart?.socketFirst
