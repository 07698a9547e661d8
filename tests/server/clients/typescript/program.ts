// Predicts with the TypeScript client that openapi-generator makes: program.js URL BODIES.
import { readFileSync } from 'node:fs'

import { BreastModelApi, Configuration, DigitsApi } from './client'

async function main(url: string, file: string): Promise<void> {
  const bodies = JSON.parse(readFileSync(file, 'utf8'))
  const configuration = new Configuration({ basePath: url })
  const rows = new BreastModelApi(configuration)
  const pictures = new DigitsApi(configuration)
  const answers = {
    row: await rows.predictBreastModel(bodies.row),
    rows: await rows.predictBatchBreastModel(bodies.rows),
    row_v1: await rows.predictV1BreastModel(bodies.row_v1),
    rows_v1: await rows.predictV1BreastModel(bodies.rows_v1),
    row_v2: await rows.inferBreastModel(bodies.row_v2),
    rows_v2: await rows.inferVersionBreastModel(bodies.rows_v2),
    picture: await pictures.predictDigits(bodies.picture),
    pictures: await pictures.predictBatchDigits(bodies.pictures),
    picture_v1: await pictures.predictV1Digits(bodies.picture_v1),
    pictures_v1: await pictures.predictV1Digits(bodies.pictures_v1),
    picture_v2: await pictures.inferDigits(bodies.picture_v2),
    pictures_v2: await pictures.inferVersionDigits(bodies.pictures_v2),
  }
  console.log(JSON.stringify(Object.fromEntries(Object.entries(answers).map(([name, { data }]) => [name, data]))))
}

main(process.argv[2], process.argv[3]).catch((error) => {
  console.error(error.response?.data ?? error)
  process.exit(1)
})
