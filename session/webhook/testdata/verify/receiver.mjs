// A receiver that knows a secret: it verifies with the npm package standardwebhooks, and
// prints what it was sent, one line of JSON each. What is not ours it answers with 401.
import { createServer } from 'node:http'
import { Webhook } from 'standardwebhooks'

const webhook = new Webhook(process.env.WEBHOOK_SECRET)
const server = createServer(async (request, response) => {
  let body = ''
  for await (const part of request) body += part
  try {
    console.log(JSON.stringify(webhook.verify(body, request.headers)))
    response.writeHead(204).end()
  } catch {
    response.writeHead(401).end()
  }
})
server.listen(0, '127.0.0.1', () => console.log(server.address().port))
