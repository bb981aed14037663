import { useSyncExternalStore } from 'react'
import type { Probe } from './probe.ts'
import type { Frame } from './protocol.ts'

/** Returns the worker's latest frame; undefined before the first. */
export function useProbe(probe: Probe): Frame | undefined {
  return useSyncExternalStore(probe.subscribe, probe.snapshot)
}
