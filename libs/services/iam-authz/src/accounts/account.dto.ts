import { ApiProperty } from '@nestjs/swagger';
import { IsBoolean, Matches } from 'class-validator';
import { CreatedAccessKeyDto } from '../access-keys/access-key.dto.js';
import { ACCOUNT_NAME } from '../text-rules.js';
import type { AccountRow } from './account.store.js';
import type { CreatedAccount } from './accounts.service.js';

export class CreateAccountDto {
  @ApiProperty({
    example: 'team-payments',
    description: '3 to 63 lower-case letters, digits and hyphens, beginning with a letter; unique in the installation.',
  })
  @Matches(ACCOUNT_NAME, {
    message: 'name has 3 to 63 lower-case letters, digits and hyphens, beginning with a letter',
  })
  name!: string;
}

export class UpdateAccountDto {
  @ApiProperty({
    description:
      'Disabling is felt within a second by every key of the account, with tokens still alive. Its public content can still be pulled.',
  })
  @IsBoolean()
  enabled!: boolean;
}

export class AccountDto {
  @ApiProperty({ example: '204857361943', description: '12 digits; never given twice.' }) accountId!: string;
  @ApiProperty() name!: string;
  @ApiProperty() enabled!: boolean;
  @ApiProperty({ format: 'date-time' }) createdAt!: string;
  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'Since when it is disabled.' })
  disabledAt!: string | null;

  static of({ accountId, name, createdAt, disabledAt }: AccountRow): AccountDto {
    return {
      accountId,
      name,
      enabled: disabledAt === null,
      createdAt: createdAt.toISOString(),
      disabledAt: disabledAt?.toISOString() ?? null,
    };
  }
}

export class CreatedAccountDto extends AccountDto {
  @ApiProperty({
    type: CreatedAccessKeyDto,
    description: 'The first key of the account’s root, who may do everything in it.',
  })
  rootKey!: CreatedAccessKeyDto;

  static ofCreated({ account, rootKey }: CreatedAccount): CreatedAccountDto {
    return { ...AccountDto.of(account), rootKey: CreatedAccessKeyDto.ofCreated(rootKey) };
  }
}

export class AccountPageDto {
  @ApiProperty({ type: [AccountDto] }) items!: AccountDto[];
  @ApiProperty({ type: String, nullable: true, description: 'Cursor of the next page.' }) next!: string | null;
}
