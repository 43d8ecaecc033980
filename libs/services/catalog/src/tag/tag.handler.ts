import { Controller } from '@nestjs/common';
import {
  deleteTag as deleteTagQuestion,
  type DeleteTagRequest,
  type Empty,
  listTags as listTagsQuestion,
  type TagListReply,
  type TagListRequest,
} from '@entrepot/contracts';
import { Answers } from '@entrepot/platform-messaging';
import { CatalogPorts } from '../catalog-ports.js';
import { deleteTag } from './delete-tag.js';
import { listTags } from './list-tags.js';

@Controller()
export class TagHandler {
  constructor(private readonly ports: CatalogPorts) {}

  @Answers(listTagsQuestion)
  list(request: TagListRequest): Promise<TagListReply> {
    return listTags(this.ports, request);
  }

  @Answers(deleteTagQuestion)
  delete(request: DeleteTagRequest): Promise<Empty> {
    return deleteTag(this.ports, request);
  }
}
