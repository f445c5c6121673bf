import type { ComponentChildren, VNode } from 'preact';
import type { ApiError } from '../api/client';
import type { Answer } from '../api/use';
import { Button } from './form';
import { Icon, type IconName } from './icon';

/** Grey lines where text will be. */
export function Skeleton({ lines = 3, tall }: { lines?: number; tall?: boolean }): VNode {
  return (
    <div class={`skeleton${tall ? ' skeleton-tall' : ''}`} aria-hidden="true">
      {Array.from({ length: lines }, (_, i) => (
        <span key={i} class={`bone bone-${i % 4}`} />
      ))}
    </div>
  );
}

/** The outline of a page whose code is on its way. */
export function PageSkeleton(): VNode {
  return (
    <div class="page" role="status">
      <span class="sr">Loading</span>
      <div class="page-head">
        <span class="bone bone-title" />
      </div>
      <div class="panel page-outline">
        <Skeleton lines={6} />
      </div>
    </div>
  );
}

/** Nothing to show, and what to do about it. */
export function Empty({
  title,
  icon = 'info',
  children,
}: {
  title: string;
  icon?: IconName;
  children?: ComponentChildren;
}): VNode {
  return (
    <div class="empty">
      <Icon name={icon} size={28} />
      <p class="empty-title">{title}</p>
      {children ? <div class="empty-text">{children}</div> : null}
    </div>
  );
}

/** A failure in words, and another try where one may help. */
export function Failed({ error, retry }: { error: ApiError; retry?: () => void }): VNode {
  return (
    <div class="empty failed" role="alert">
      <Icon name="alert" size={28} />
      <p class="empty-title">
        {error.status === 404 ? 'Not found' : error.isPassing ? 'Could not be loaded' : 'Refused'}
      </p>
      <p class="empty-text">{error.message}</p>
      {retry && error.status !== 404 ? (
        <Button onClick={retry}>
          <Icon name="reset" size={16} />
          Try again
        </Button>
      ) : null}
    </div>
  );
}

interface LoadedProps<T> {
  of: Answer<T>;
  skeleton?: ComponentChildren;
  /** Shown where the test says that there is nothing. */
  empty?: [isEmpty: (data: T) => boolean, node: ComponentChildren];
  children: (data: T) => ComponentChildren;
}

/** Shows an answer in each of its states. An old answer stays, with a line that says it is old. */
export function Loaded<T>({ of, skeleton, empty, children }: LoadedProps<T>): VNode {
  if (of.data === undefined)
    return of.error ? <Failed error={of.error} retry={of.reload} /> : <>{skeleton ?? <Skeleton />}</>;
  return (
    <>
      {of.error ? <Outdated error={of.error} retry={of.reload} /> : null}
      {empty?.[0](of.data) ? empty[1] : children(of.data)}
    </>
  );
}

/** What is shown is from before a failure. */
export function Outdated({ error, retry }: { error: ApiError; retry: () => void }): VNode {
  return (
    <p class="outdated" role="status">
      <Icon name="alert" size={16} /> <span>Not up to date: {error.message}</span>{' '}
      <button type="button" class="link" onClick={retry}>
        Try again
      </button>
    </p>
  );
}
