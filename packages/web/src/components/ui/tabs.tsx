import { Tabs as Radix } from 'radix-ui'
import type { ComponentProps } from 'react'
import { cn } from '@/lib/utils'

/** Panels of which one is shown: shadcn/ui's Tabs in this page's look. */
export const Tabs = Radix.Root

/** The row of triggers. */
export function TabsList({ className, ...props }: ComponentProps<typeof Radix.List>) {
  return <Radix.List className={cn('flex flex-wrap border-b border-rule', className)} {...props} />
}

export function TabsTrigger({ className, ...props }: ComponentProps<typeof Radix.Trigger>) {
  return (
    <Radix.Trigger
      className={cn(
        '-mb-px min-h-11 px-3 text-sm font-semibold tracking-tight whitespace-nowrap text-muted-foreground first:pl-0 hover:text-foreground focus-visible:-outline-offset-2 data-[state=active]:text-foreground data-[state=active]:underline data-[state=active]:decoration-2 data-[state=active]:underline-offset-8',
        className,
      )}
      {...props}
    />
  )
}

export const TabsContent = Radix.Content
