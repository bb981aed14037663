import { createContext } from 'react'

/** Whether the drawn data comes from the simulator; components that print numbers mark them. */
export const Simulated = createContext(false)
