# The dashboard in a container:  docker build -t biocore .  &&  docker run -p 8501:8501 -v biocore:/data biocore
# A command in it:               docker run -v biocore:/data biocore biocore models
FROM node:20-bookworm-slim AS viewer
ARG VIEWER_VERSION=2.5.5
WORKDIR /viewer
RUN npm pack --silent 3dmol@$VIEWER_VERSION && tar -xzf 3dmol-*.tgz

FROM python:3.11-slim-bookworm
WORKDIR /app
COPY requirements.txt constraints.txt ./
RUN pip install --no-cache-dir "$(grep '^torch==' requirements.txt)" && pip install --no-cache-dir -r requirements.txt -c constraints.txt
COPY app.py pyproject.toml README.md LICENSE ./
COPY .streamlit .streamlit
COPY assets assets
COPY biocore biocore
COPY pages pages
COPY --from=viewer /viewer/package/build/3Dmol-min.js static/3Dmol-min.js
RUN pip install --no-cache-dir --no-deps --editable .
# Fetched models and structures, embeddings, jobs and trained models outlive the container.
ENV BIOCORE_HOME=/data
RUN useradd --create-home biocore && mkdir /data && chown biocore:biocore /data
VOLUME /data
USER biocore
EXPOSE 8501
HEALTHCHECK CMD python -c "import urllib.request; urllib.request.urlopen('http://localhost:8501/_stcore/health')"
CMD ["python", "-m", "streamlit", "run", "app.py", "--server.address", "0.0.0.0"]
