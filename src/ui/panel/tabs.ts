/** The tabs of the right pane, as the address names them (`?panel=`). */
export type PanelTab = 'files' | 'cost';
