/** What the page offers to a role. The server decides; this only spares people buttons that would be refused. */
import type { Role } from '@/api/schemas.ts';

export const mayCheckIn = (role: Role): boolean => role !== 'viewer' && role !== 'member';
export const mayEditMembers = (role: Role): boolean => role === 'owner' || role === 'manager' || role === 'staff';
export const maySeeMembers = mayEditMembers;
export const mayOverride = mayEditMembers;
export const mayManage = (role: Role): boolean => role === 'owner' || role === 'manager';
