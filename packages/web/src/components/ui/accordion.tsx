import { Accordion as Radix } from 'radix-ui'
import type { ComponentProps, ReactNode } from 'react'
import { Icon } from '@/components/ui/icon'

/** Folded content below headings: shadcn/ui's Accordion in this page's look. Several parts may be open at once. */
export function Accordion(
  props: Omit<ComponentProps<typeof Radix.Root>, 'type' | 'value' | 'defaultValue' | 'onValueChange'>,
) {
  return <Radix.Root type="multiple" {...props} />
}

interface AccordionItemProps {
  /** Unique in its accordion. */
  readonly value: string
  readonly title: string
  readonly children: ReactNode
}

export function AccordionItem({ value, title, children }: AccordionItemProps) {
  return (
    <Radix.Item value={value} className="border-b">
      <Radix.Header asChild>
        <h3>
          <Radix.Trigger className="group flex min-h-11 w-full items-center justify-between text-left text-sm text-muted-foreground hover:text-foreground">
            <span>{title}</span>
            <Icon
              name="fold"
              className="size-4 rotate-180 transition-transform group-data-[state=open]:rotate-0"
            />
          </Radix.Trigger>
        </h3>
      </Radix.Header>
      <Radix.Content className="pb-3">{children}</Radix.Content>
    </Radix.Item>
  )
}
