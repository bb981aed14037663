import type { Board } from '../board.ts'
import { KILL } from './kill.ts'
import { OVERVIEW } from './overview.ts'
import { REFILL } from './refill.ts'
import { SESSIONS } from './sessions.ts'

/** Every Grafana board. */
export const BOARDS: readonly Board[] = [OVERVIEW, SESSIONS, REFILL, KILL]
