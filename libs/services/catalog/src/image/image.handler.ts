import { Controller } from '@nestjs/common';
import { type ImageListReply, type ImageListRequest, listImages as listImagesQuestion } from '@entrepot/contracts';
import { Answers } from '@entrepot/platform-messaging';
import { CatalogPorts } from '../catalog-ports.js';
import { listImages } from './list-images.js';

@Controller()
export class ImageHandler {
  constructor(private readonly ports: CatalogPorts) {}

  @Answers(listImagesQuestion)
  list(request: ImageListRequest): Promise<ImageListReply> {
    return listImages(this.ports, request);
  }
}
