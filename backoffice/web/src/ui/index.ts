export { Icon, type IconName } from './icon';
export { Ago, Badge, Bar, Coins, Copy, Hash, Out, Rate, State, useTick, type Tone } from './text';
export { Facts, Page, Panel, Tile, Tiles } from './layout';
export { Button, ButtonLink, Field, Form, NumberInput, Select, Switch, TextArea, TextInput, type Option } from './form';
export { Confirm, Dialog, toast } from './dialog';
export { PagedTable, Table, VirtualTable, type Column } from './table';
export { Segmented, Tabs, type Item } from './choice';
export { Empty, Failed, Loaded, Outdated, PageSkeleton, Skeleton } from './states';
export { RateChart, type Series } from './chart';
