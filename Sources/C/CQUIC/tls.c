#include "cquic.h"
