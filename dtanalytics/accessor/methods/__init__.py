"""The methods of ``df.calls``, a file a topic; the topics are those of `dtanalytics.analysis`."""
