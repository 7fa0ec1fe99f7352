"""Archives: from a folder, a bucket or a list of recordings to tables of answers. :func:`ser.batch.run.run`."""
