/** Keys of the Pool table. The partition `main` is the pool itself: its slots, and one row for refill. */
export const MAIN = 'main'
export const REFILL_ROW = 'refill'
export const STATS = 'stats'
export const SALT = 'salt'
