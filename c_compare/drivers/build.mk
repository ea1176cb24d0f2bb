# The drivers put the pure protocols of the twins before the tests.

pickle_driver_sources := drivers/pickle_driver.c \
	$(wildcard protocols/pickle/*.c) \
	protocols/buffer.c protocols/roster.c protocols/utf8.c

build/pickle_driver: $(pickle_driver_sources) \
		$(wildcard protocols/*.h protocols/pickle/*.h)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -o $@ $(pickle_driver_sources) $(LDFLAGS)
