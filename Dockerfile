FROM python:3.11-slim AS build
COPY requirements.lock /
# --without-pip: the environment that is served from contains no installer. Only wheels are installed, so nothing is
# compiled. KServe's requirements that server/kserve_stubs.py replaces are a third of what pip installs; they are removed,
# and so are grpcio-tools, which nothing imports, and what only these require.
RUN python -m venv /installer \
    && python -m venv --without-pip /opt/venv \
    && /installer/bin/python -m pip --python /opt/venv/bin/python install \
        --no-cache-dir --no-compile --require-hashes --only-binary :all: --requirement /requirements.lock \
    && /installer/bin/python -m pip --python /opt/venv/bin/python uninstall --yes \
        pandas pytz tzdata kubernetes grpcio-tools setuptools \
    && find /opt/venv \( -type d -name tests -o -name "*.cpp" -o -name "*.h" \) -prune -exec rm -r {} +
WORKDIR /app
COPY model/__init__.py model/bundle.py model/manifest.py model/catalog.py model/task.py model/inputs.py model/
COPY model/number.py model/estimator.py model/fitted_pipeline.py model/
COPY model/__main__.py model/bundle_transfer.py model/bundle_write.py model/
COPY model/image model/image
COPY model/store model/store
COPY server server
# Bytecode cannot be cached on a read-only root file system, so it is compiled here: our own code, and what this code
# imports at its start, what uvicorn imports when it begins to listen, and what Pillow, httpcore, DICOM files and stores of
# models import when first used.
RUN /opt/venv/bin/python -m compileall -q model server && ORT_DISABLE_TELEMETRY=1 /opt/venv/bin/python -c \
    'from server import kserve_stubs; kserve_stubs.stub_imports(); \
     import server.start, server.pictures.rest, server.pictures.v1, server.pictures.v2, server.links, uvicorn.lifespan.on, anyio._backends._asyncio; \
     import model.image.dicom, model.store.download, model.__main__, model.store.command, model.bundle_transfer; from PIL import Image; Image.preinit()'
# The models of model/catalog.py; BUNDLE names a bundle of your own to serve in place of the first. /model is the first.
ARG BUNDLE
COPY model/bundles /bundles
RUN set -- $(/opt/venv/bin/python -m model.catalog $BUNDLE) \
    && mkdir model/bundles \
    && for name; do cp -r "/bundles/$name" model/bundles/ || exit 1; done \
    && cp -r "/bundles/$1" /model
# What scikit-learn runs needs scikit-learn, pandas and skops. Serving its example compiles what they import.
COPY requirements-sklearn.lock /
RUN if ls model/bundles/*/pipeline.skops 2>/dev/null; then \
    /installer/bin/python -m pip --python /opt/venv/bin/python install \
        --no-cache-dir --no-compile --require-hashes --only-binary :all: --requirement /requirements-sklearn.lock \
    && find /opt/venv \( -type d -name tests -o -name "*.cpp" -o -name "*.h" \) -prune -exec rm -r {} + \
    && OMP_NUM_THREADS=1 ORT_DISABLE_TELEMETRY=1 /opt/venv/bin/python -c \
    'from server import kserve_stubs; kserve_stubs.stub_imports(keep_pandas=True); \
     from pathlib import Path; from model.bundle import load; from server.predictor import Predictor; \
     [Predictor("model", load(path)).load() for path in Path("model/bundles").glob("*/pipeline.skops")]'; fi

FROM python:3.11-slim
ARG BUNDLE
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
COPY --from=build /model /model
# Without MODEL_NAME and MODEL_PATH the server takes its models from model/bundles, in the working directory.
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 BUNDLE=$BUNDLE PORT=8000
WORKDIR /app
USER 10001:10001
EXPOSE 8000
CMD ["python", "-m", "server"]
