import { cva, type VariantProps } from 'class-variance-authority'
import type { ComponentProps } from 'react'
import { cn } from '@/lib/utils'

const buttonVariants = cva(
  'inline-flex min-h-11 items-center justify-center gap-2 whitespace-nowrap px-4 text-[0.9375rem] font-medium transition-colors aria-disabled:cursor-default',
  {
    variants: {
      variant: {
        solid:
          'bg-foreground text-background hover:bg-foreground/85 aria-disabled:bg-muted aria-disabled:text-muted-foreground',
        kill: 'bg-kill text-kill-foreground hover:bg-kill/88 aria-disabled:bg-muted aria-disabled:text-muted-foreground',
        outline: 'border border-foreground/60 hover:bg-muted',
        quiet: 'px-2.5 text-sm font-normal text-muted-foreground hover:text-foreground',
      },
    },
    defaultVariants: { variant: 'solid' },
  },
)

/** A button. Give `aria-disabled` instead of `disabled` where it may hold the focus: a disabled element loses it. */
export function Button({
  className,
  variant,
  ...props
}: ComponentProps<'button'> & VariantProps<typeof buttonVariants>) {
  return <button type="button" className={cn(buttonVariants({ variant }), className)} {...props} />
}
