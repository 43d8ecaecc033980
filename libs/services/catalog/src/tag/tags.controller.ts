import { Body, Controller, Delete, Get, HttpCode, Param, Put, Query, Req, UseGuards } from '@nestjs/common';
import {
  ApiConflictResponse,
  ApiNoContentResponse,
  ApiNotFoundResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import { CurrentPrincipal, type KeyPrincipal, requestContextOf, Requires } from '@entrepot/access';
import { badRequest, decodeCursor, notFound, pageOf, PageQuery, pageAfter } from '@entrepot/platform-http';
import { ACTIONS, evaluate, repositorySrn } from '@entrepot/policy';
import { Tag } from '@entrepot/oci';
import type { FastifyRequest } from 'fastify';
import { ReadOnlyGuard } from '../read-only.guard.js';
import { CatalogPorts } from '../catalog-ports.js';
import { imageAt } from '../image/image-scope.js';
import { asProblem } from '../registry/as-problem.js';
import { repositoryInPath } from '../registry/registry-resource.js';
import { deleteTag } from './delete-tag.js';
import { pointTag } from './point-tag.js';
import { findTag, historyOf, listCurrentTags } from './tag-view.store.js';
import { PointTagDto, TagDto, TagHistoryDto, TagPageDto, TagRangeDto } from './tag.dto.js';

const ABSENT = { description: 'The image has no such tag.' };
/** As `tag-view.store.ts` writes moments. */
const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;

@ApiTags('tags')
@UseGuards(ReadOnlyGuard)
@Controller('api/v1/registries/:registryId/repositories/:repositoryId/images/:imageId/tags')
export class TagsController {
  constructor(private readonly ports: CatalogPorts) {}

  @Get()
  @Requires(ACTIONS.ListTags, repositoryInPath)
  @ApiOperation({ summary: 'List the image’s tags by name' })
  @ApiOkResponse({ type: TagPageDto })
  @ApiNotFoundResponse({ description: 'The repository has no such image.' })
  async list(
    @CurrentPrincipal() principal: KeyPrincipal,
    @Param('registryId') registryId: string,
    @Param('repositoryId') repositoryId: string,
    @Param('imageId') imageId: string,
    @Query() query: PageQuery,
  ): Promise<TagPageDto> {
    const { image } = await imageAt(this.ports, principal, { registryId, repositoryId, imageId });
    const read = (after: string, limit: number) => listCurrentTags(this.ports.database, image, after, limit);
    return pageAfter(query, read, ({ name }) => name, TagDto.of);
  }

  @Get(':tag')
  @Requires(ACTIONS.ShowTag, repositoryInPath)
  @ApiOperation({ summary: 'Show where a tag points' })
  @ApiOkResponse({ type: TagDto })
  @ApiNotFoundResponse(ABSENT)
  async show(
    @CurrentPrincipal() principal: KeyPrincipal,
    @Param('registryId') registryId: string,
    @Param('repositoryId') repositoryId: string,
    @Param('imageId') imageId: string,
    @Param('tag') tag: string,
  ): Promise<TagDto> {
    const { image } = await imageAt(this.ports, principal, { registryId, repositoryId, imageId });
    const found = await findTag(this.ports.database, image, readable(tag));
    if (!found) throw noTag();
    return TagDto.of(found);
  }

  @Get(':tag/history')
  @Requires(ACTIONS.ShowTag, repositoryInPath)
  @ApiOperation({ summary: 'Who pointed a tag where and when, newest first; a deleted tag has a history too' })
  @ApiOkResponse({ type: TagHistoryDto })
  @ApiNotFoundResponse({ description: 'The image never had such a tag.' })
  async history(
    @CurrentPrincipal() principal: KeyPrincipal,
    @Param('registryId') registryId: string,
    @Param('repositoryId') repositoryId: string,
    @Param('imageId') imageId: string,
    @Param('tag') tag: string,
    @Query() { cursor, limit }: PageQuery,
  ): Promise<TagHistoryDto> {
    const { image } = await imageAt(this.ports, principal, { registryId, repositoryId, imageId });
    const before = cursor === undefined ? null : momentIn(cursor);
    const ranges = await historyOf(this.ports.database, image, readable(tag), before, limit + 1);
    if (ranges.length === 0 && before === null) throw noTag();
    const { items, next } = pageOf(ranges, limit, ({ validFrom }) => [validFrom]);
    return { items: items.map(TagRangeDto.of), next };
  }

  @Put(':tag')
  @Requires(ACTIONS.CreateTag, repositoryInPath)
  @ApiOperation({
    summary: 'Point a tag at a digest of the image: create, move or restore it. Moving needs scr:UpdateTag too',
  })
  @ApiOkResponse({ type: TagDto })
  @ApiNotFoundResponse({ description: 'The repository has no such image, or the image no such manifest.' })
  @ApiConflictResponse({ description: 'A lock keeps the tag where it is, or the image has as many tags as it may.' })
  async point(
    @CurrentPrincipal() principal: KeyPrincipal,
    @Param('registryId') registryId: string,
    @Param('repositoryId') repositoryId: string,
    @Param('imageId') imageId: string,
    @Param('tag') text: string,
    @Body() { digest }: PointTagDto,
    @Req() request: FastifyRequest,
  ): Promise<TagDto> {
    const path = { registryId, repositoryId, imageId };
    const { image, scope } = await imageAt(this.ports, principal, path);
    const tag = Tag.tryParse(text)?.value;
    if (tag === undefined)
      throw badRequest(
        'A tag has 1 to 128 letters, digits, dots, underscores and hyphens, not beginning with a dot or hyphen.',
      );
    const mayMove = this.#mayMove(principal, path, request);
    await asProblem(pointTag(this.ports, { ...scope, tag, digest }, { mayMove }));
    const found = await findTag(this.ports.database, image, tag);
    if (!found) throw noTag();
    return TagDto.of(found);
  }

  @Delete(':tag')
  @HttpCode(204)
  @Requires(ACTIONS.DeleteTag, repositoryInPath)
  @ApiOperation({ summary: 'Delete a tag; its manifest and its history stay' })
  @ApiNoContentResponse()
  @ApiNotFoundResponse(ABSENT)
  @ApiConflictResponse({ description: 'A lock covers it.' })
  async delete(
    @CurrentPrincipal() principal: KeyPrincipal,
    @Param('registryId') registryId: string,
    @Param('repositoryId') repositoryId: string,
    @Param('imageId') imageId: string,
    @Param('tag') tag: string,
  ): Promise<void> {
    const { scope } = await imageAt(this.ports, principal, { registryId, repositoryId, imageId });
    await asProblem(deleteTag(this.ports, { ...scope, tag: readable(tag) }));
  }

  /** The guard has asked for the creation; whether the tag exists only the transaction knows. */
  #mayMove(
    principal: KeyPrincipal,
    { registryId, repositoryId }: { registryId: string; repositoryId: string },
    request: FastifyRequest,
  ): boolean {
    const context = requestContextOf(request, principal, this.ports.clock());
    const resource = repositorySrn({ accountId: principal.accountId, registryId, repositoryId });
    return evaluate(principal.policies, { action: ACTIONS.UpdateTag, resource, context }).allowed;
  }
}

/** What can be no tag is one that is not there. Throws a 404. */
function readable(text: string): string {
  const tag = Tag.tryParse(text);
  if (tag === null) throw noTag();
  return tag.value;
}

function momentIn(cursor: string): string {
  const [moment] = decodeCursor(cursor, 1);
  if (typeof moment !== 'string' || !MOMENT.test(moment) || Number.isNaN(Date.parse(moment))) {
    throw badRequest('The cursor is not one that this list gave.');
  }
  return moment;
}

function noTag() {
  return notFound('There is no such tag in this image.');
}
