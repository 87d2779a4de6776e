// Nothing: the headers that tests share are compiled for this file.
