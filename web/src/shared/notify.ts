/** A notice in a corner. Mantine's own has a button to close it that says nothing to a screen reader. */
import { type NotificationData, notifications } from '@mantine/notifications';
import i18next from 'i18next';

export function notify(notice: NotificationData): void {
  notifications.show({ closeButtonProps: { 'aria-label': i18next.t('common:close') }, ...notice });
}
