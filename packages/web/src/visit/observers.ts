/** The observers of a visit that no first paint waits for, as one chunk. */
export { eventMessages } from './event-messages.ts'
export { keepKill } from './keep-kill.ts'
export { poolRecovered } from './pool-recovered.ts'
