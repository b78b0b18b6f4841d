# The dashboard in a container:  docker build -t biocore .  &&  docker run -p 8501:8501 biocore
FROM node:20-bookworm-slim AS viewer
WORKDIR /viewer
RUN npm pack --silent 3dmol@2.5.5 && tar -xzf 3dmol-*.tgz

FROM python:3.11-slim-bookworm
WORKDIR /app
COPY requirements.txt constraints.txt ./
RUN pip install --no-cache-dir torch==2.13.0 && pip install --no-cache-dir -r requirements.txt -c constraints.txt
COPY app.py LICENSE ./
COPY .streamlit .streamlit
COPY assets assets
COPY biocore biocore
COPY pages pages
COPY --from=viewer /viewer/package/build/3Dmol-min.js static/3Dmol-min.js
RUN useradd --create-home biocore
USER biocore
EXPOSE 8501
HEALTHCHECK CMD python -c "import urllib.request; urllib.request.urlopen('http://localhost:8501/_stcore/health')"
CMD ["python", "-m", "streamlit", "run", "app.py", "--server.address", "0.0.0.0"]
