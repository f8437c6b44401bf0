# The service on Node, with its files in the volume /state. functions/deploy/README.md says how to run it.
# Debian, because the locks of the file store are built for glibc.
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY . .
# Builds dist/ by the script `prepare`, then leaves what runs.
RUN npm ci && npm prune --omit=dev --ignore-scripts

FROM node:24-bookworm-slim
ENV NODE_ENV=production \
    HOST=0.0.0.0 \
    PORT=8787 \
    STATE_DIR=/state \
    LOG_FORMAT=json
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/functions/cli/bin.js ./functions/cli/bin.js
COPY --from=build /app/dist ./dist
RUN mkdir --mode=0700 /state && chown node:node /state
USER node
VOLUME /state
EXPOSE 8787
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/healthz`).then(r => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "functions/cli/bin.js"]
CMD ["serve"]
