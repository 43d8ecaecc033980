import { ApiProperty } from '@nestjs/swagger';
import { Matches } from 'class-validator';
import { USER_NAME } from '../text-rules.js';
import type { UserRow } from './user.store.js';

export class CreateUserDto {
  @ApiProperty({ example: 'build-server', description: '1 to 64 letters, digits and +=,.@-_' })
  @Matches(USER_NAME, { message: 'name has 1 to 64 letters, digits and +=,.@-_' })
  name!: string;
}

export class UserDto {
  @ApiProperty({ format: 'uuid' }) userId!: string;
  @ApiProperty() accountId!: string;
  @ApiProperty() name!: string;
  @ApiProperty({ format: 'date-time' }) createdAt!: string;

  static of({ userId, accountId, name, createdAt }: UserRow): UserDto {
    return { userId, accountId, name, createdAt: createdAt.toISOString() };
  }
}

export class UserPageDto {
  @ApiProperty({ type: [UserDto] }) items!: UserDto[];
  @ApiProperty({ type: String, nullable: true, description: 'Cursor of the next page.' }) next!: string | null;
}
