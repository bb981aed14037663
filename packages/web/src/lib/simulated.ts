import { createContext } from 'react'

/** Whether what is drawn comes from the simulator: whoever prints a number says so. */
export const Simulated = createContext(false)
