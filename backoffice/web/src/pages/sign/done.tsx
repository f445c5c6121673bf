import type { ComponentChildren, VNode } from 'preact';
import { Icon } from '../../ui';

/** Something went well; what comes next. */
export const Done = ({ title, children }: { title: string; children?: ComponentChildren }): VNode => (
  <div class="done" role="status">
    <Icon name="check" size={32} />
    <h2>{title}</h2>
    {children}
  </div>
);
