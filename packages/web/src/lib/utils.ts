import { type ClassValue, clsx } from 'clsx'

/**
 * Joins class names. shadcn's own version also merges contradicting names with tailwind-merge. That library would be a tenth
 * of all code before the first paint, so our components must not contradict themselves.
 */
export function cn(...classes: ClassValue[]): string {
  return clsx(classes)
}
