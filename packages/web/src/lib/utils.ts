import { type ClassValue, clsx } from 'clsx'

/**
 * Joins class names. shadcn's own also merges contradicting ones with tailwind-merge; that library alone would be a tenth
 * of all code before the first paint, so our components do not contradict themselves instead.
 */
export function cn(...classes: ClassValue[]): string {
  return clsx(classes)
}
