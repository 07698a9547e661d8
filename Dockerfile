FROM python:3.11-slim AS build
COPY requirements.lock /
# --without-pip: the environment that is served from has no installer; wheels only: nothing is compiled here.
# KServe's requirements that server/kserve_stubs.py leaves out are a third of what it installs.
RUN python -m venv /installer \
    && python -m venv --without-pip /opt/venv \
    && /installer/bin/python -m pip --python /opt/venv/bin/python install \
        --no-cache-dir --no-compile --require-hashes --only-binary :all: --requirement /requirements.lock \
    && /installer/bin/python -m pip --python /opt/venv/bin/python uninstall --yes pandas kubernetes \
    && find /opt/venv \( -type d -name tests -o -name "*.cpp" -o -name "*.h" \) -prune -exec rm -r {} +
COPY model/__init__.py model/task.py model/bundle.py /app/model/
COPY model/image /app/model/image
COPY server /app/server
# A read-only root file system cannot cache bytecode, so what the server imports is compiled here, and only that:
# at its start, by uvicorn when it begins to listen, and by Pillow for its first picture.
RUN cd /app && ORT_DISABLE_TELEMETRY=1 /opt/venv/bin/python -c \
    'from server import kserve_stubs; kserve_stubs.stub_imports(); import server.start, server.pictures.protocols, server.links, uvicorn.lifespan.on; \
     from PIL import Image; Image.preinit()'

FROM python:3.11-slim
ARG BUNDLE=breast_model
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
COPY model/bundles/$BUNDLE /model
COPY model/bundles/digits /models/digits
COPY model/bundles/brain_mri /models/brain_mri
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    MODEL_NAME=$BUNDLE,digits,brain_mri PORT=8000 \
    MODEL_PATH=/model/model_binary.dat.gz,/models/digits,/models/brain_mri
WORKDIR /app
USER 10001:10001
EXPOSE 8000
CMD ["python", "-m", "server"]
